/** `/docs`: the OpenAPI document of this very server, in Swagger UI. */

import "swagger-ui-dist/swagger-ui.css";
import SwaggerUI from "swagger-ui-dist/swagger-ui-es-bundle.js";

SwaggerUI({
  url: "/openapi.json",
  dom_id: "#docs",
  deepLinking: true,
  // Its default would send the document to a validator on somebody else's server.
  validatorUrl: null,
  defaultModelsExpandDepth: 0,
});
